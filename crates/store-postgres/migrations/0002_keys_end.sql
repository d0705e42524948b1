-- Idempotency keys are forgotten a week after they were used. How old one is follows from the entries that were written
-- with it, so that keys of earlier versions are known by their age as well.
CREATE INDEX idempotency_first ON idempotency (first);
