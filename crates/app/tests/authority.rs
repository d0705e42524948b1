//! What a use case asks by itself, whichever face calls it: those who may not read the record learn nothing of it.
#![cfg(test)]

use app::{AppError, edge::Edge, retention::RetentionQuery};
use kernel::{Capability, Role};
use testkit::app::Program;

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_is_told_neither_numbers_nor_names_nor_the_head_of_the_log() {
    let (edge, _) = Edge::simulated("2026-09-14T11:52:00Z".parse().unwrap(), 5);
    let program = Program::start(edge).await.unwrap();
    let app = &program.app;
    for role in Role::ALL {
        let person = program.person(role);
        let answers = [
            app.agreement(&person).await.err(),
            app.practices(&person).await.err(),
            app.log_head(&person).await.err(),
            app.retention(&person, RetentionQuery::default()).await.err(),
        ];
        for answer in answers {
            let refused = matches!(answer, Some(AppError::Forbidden(_)));
            assert_eq!(refused, !role.may(Capability::Read), "{role}: {answer:?}");
        }
    }
}
