-- The region's industry department consents to a standard before it is issued (seed notice, 2 (1)).
alter table standard add column consent_reference text not null default '';
alter table standard add column consented_on text not null default '';
