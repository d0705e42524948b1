//! Lists on pages: what there is much of comes page by page, is found by words, and each of it is looked at alone.

use kernel::Role;

use crate::{
    ground::Ground,
    pages::{form, look, send, sign_in},
};

/// The values of the hidden fields of a name.
fn hidden<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let field = format!("name=\"{name}\" value=\"");
    page.split(field.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn evidence_comes_page_by_page_is_found_by_words_and_an_item_is_looked_at_alone() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let mut last = String::new();
    for n in 0..45_u8 {
        last = ground.evidence(&incident, &[n; 9]).await;
    }
    let here = format!("/incidents/{incident}/evidence");
    let cookie = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let cards = |page: &str| page.matches("<article class=\"card\">").count();
    let page = look(&ground, &cookie, &here).await.text();
    assert!(page.contains("45 items in custody"), "{page}");
    assert_eq!(cards(&page), 40);
    // Every form of a page has the page's token, and a word of its own.
    let (mut tokens, words) = (hidden(&page, "_form"), hidden(&page, "_once"));
    let (all, mut distinct) = (words.len(), words);
    tokens.dedup();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(all > 100 && distinct.len() == all && tokens.len() == 1, "{all} forms, {} tokens", tokens.len());
    let next = page.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(cards(&look(&ground, &cookie, &next).await.text()), 5);

    let alone = look(&ground, &cookie, &format!("{here}?item={last}")).await.text();
    assert_eq!(cards(&alone), 1);
    assert!(alone.contains(&format!("id=\"deeds-{last}\" open")), "what can be done with it is folded away");
    let (action, mut fields) = form(&alone, "value=\"examine_copy\"");
    fields.push(("purpose".to_owned(), "timeline".to_owned()));
    assert_eq!(send(&ground, &cookie, &action, &fields).await.status, 303);
    let other = ground.incident().await;
    let foreign = look(&ground, &cookie, &format!("/incidents/{other}/evidence?item={last}")).await;
    assert_eq!(foreign.status, 404, "an item is shown under another incident");
    assert_eq!(look(&ground, &cookie, &format!("{here}?item=nothing")).await.status, 404);
    assert_eq!(look(&ground, &cookie, &format!("{here}?cursor=nothing")).await.status, 422);
    let found = look(&ground, &cookie, &format!("{here}?text=log")).await.text();
    assert_eq!(cards(&found), 40);
    let none = look(&ground, &cookie, &format!("{here}?text=nowhere")).await.text();
    assert!(none.contains("No item fits") && none.contains("Show all of it"), "{none}");
}

#[tokio::test]
async fn notes_come_page_by_page_newest_first() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    for n in 0..33 {
        ground.note(&incident, Role::Responder, &format!("Seen on machine {n}."), false).await;
    }
    let here = format!("/incidents/{incident}/notes");
    let cookie = sign_in(&ground, Role::Auditor, ground.program.practice).await;
    let page = look(&ground, &cookie, &here).await.text();
    assert_eq!(page.matches("<p class=\"pre\">").count(), 30);
    assert!(page.contains("Older notes") && !page.contains("Newest notes"), "{page}");
    let older = look(&ground, &cookie, &format!("{here}?from=30")).await.text();
    assert_eq!(older.matches("<p class=\"pre\">").count(), 3);
    assert!(older.contains("Newest notes") && !older.contains("Older notes"), "{older}");
}
