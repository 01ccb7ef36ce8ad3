-- What the officials had recorded when facts were derived, so that they can be derived again (review/recheck.h).
alter table fact_set add column assessments json; -- null: stored before this was kept
