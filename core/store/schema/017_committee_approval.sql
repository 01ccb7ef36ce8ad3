-- A committee is approved before it may review, for at most three years (review/committee.h).

alter table committee add column kind text not null default 'series';   -- series | specialty
alter table committee add column state text not null default 'drafted'; -- drafted | submitted | approved | withdrawn
alter table committee add column term_years integer not null default 3;
alter table committee add column adjusted_minimum integer not null default 0; -- 0 = the rule's
alter table committee add column adjustment_reference text not null default '';
alter table committee add column submitted_at text;                     -- the committee or a change of its members
alter table committee add column reference text not null default '';    -- the approving authority's number
alter table committee add column approved_on text;
alter table committee add column valid_until text;                      -- the last day
alter table committee add column remark text not null default '';       -- why it was refused or withdrawn

create table committee_specialty (             -- of a committee by specialty: what it reviews
    committee_id text not null references committee(id),
    specialty text not null,
    primary key (committee_id, specialty)
);

create table committee_change (                -- of an approved committee's members: counts when approved again
    id text primary key,
    committee_id text not null references committee(id),
    account_id text not null references account(id),
    position text not null default '',         -- '' = leaves
    state text not null default 'pending',     -- pending | applied | dropped
    by_account text not null,
    at text not null,
    reference text not null default '',
    settled_at text
);
create index committee_change_committee on committee_change(committee_id, state);
