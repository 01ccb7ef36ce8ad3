-- Expert pools and who is in them (review/expert.h).

create table expert_pool (
    id text primary key,
    series text not null,
    tier text not null,                        -- senior | general
    state text not null default 'drafted',     -- drafted | approved
    submitted_at text,                         -- handed in, not decided yet
    reference text not null default '',
    approved_on text,
    valid_until text,
    remark text not null default '',
    created_at text not null,
    unique (series, tier)
);

create table pool_expert (                     -- one person's entry
    id text primary key,
    pool_id text not null references expert_pool(id),
    account_id text not null references account(id),
    title_level text not null,
    employer text not null default '',         -- of who works in no unit that is registered here
    outside boolean not null default false,    -- from outside the founding authority's field
    term_from text not null,
    term_until text not null,
    state text not null default 'proposed',    -- proposed | active | suspended
    remark text not null default '',           -- why suspended
    confirmed_at text,                         -- by the person
    created_at text not null,
    unique (pool_id, account_id)
);
create index pool_expert_account on pool_expert(account_id);

create table pool_expert_specialty (
    expert_id text not null references pool_expert(id),
    specialty text not null,
    primary key (expert_id, specialty)
);
