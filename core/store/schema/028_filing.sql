-- Filing of plan, committee, pool, results and report (review/filing.h).

alter table filing add column committee_id text references committee(id);
alter table filing add column pool_id text references expert_pool(id);
alter table filing add column level text not null default '';      -- of a committee
alter table filing add column approver text not null default 'region'; -- region | city | '' = filed, nobody decides
alter table filing add column due_on text;                         -- by when it must be sent; null = no day
alter table filing add column delivery_id text not null default ''; -- the last one sent
alter table filing add column sent_at text;
alter table filing add column received_at text;
alter table filing add column online boolean not null default false; -- the receipt came from the platform, which can be asked
alter table filing add column asked_at text;
alter table filing add column remark text not null default '';     -- what was wrong with the platform's last word
alter table filing add column consent_number text not null default ''; -- the education department's
alter table filing add column consent_on text;
alter table filing add column consent_hash text not null default ''; -- of the document, store/files.h
alter table filing add column consent_name text not null default '';
alter table filing add column consent_type text not null default '';
create index filing_asked on filing(state, asked_at);
create index filing_committee on filing(committee_id);

create table filing_reconciliation (           -- our filings of a year beside the platform's list
    id text primary key,
    year integer not null,
    state text not null default 'asked',       -- asked | done | failed
    result json,                               -- {"matching", "here_only", "there_only", "differing"}
    reason text not null default '',
    asked_by text not null,
    asked_at text not null,
    settled_at text
);
update filing set sent_at = created_at where state <> 'prepared';
