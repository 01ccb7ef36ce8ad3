-- Members are drawn from the approved expert pool; why one who is in none sits on a committee all the same.
alter table committee_member add column outside_reason text not null default '';
alter table committee_change add column outside_reason text not null default '';
