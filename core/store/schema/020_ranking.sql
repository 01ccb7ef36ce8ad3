-- Ranking after the vote: who passed, by yes votes and points, against the posts that are free.

create table ranking (                         -- what a result notice was made of: it can be computed again
    id text primary key,
    cycle_id text not null references cycle(id),
    notice_id text references public_notice(id),
    policy text not null,                      -- rank | revote | all
    groups json not null,                      -- posts, places and outcomes by district and level
    hash text not null,                        -- SM3 of the canonical JSON, also on the ledger
    made_by text not null,
    made_at text not null
);
create index ranking_cycle on ranking(cycle_id);

create table ranking_entry (
    ranking_id text not null references ranking(id),
    application_id text not null references application(id),
    place integer not null,
    ranking_outcome text not null,             -- in | out
    primary key (ranking_id, application_id)
);
create index ranking_entry_application on ranking_entry(application_id);

create table ranking_choice (                  -- among equals at the last post: the bureau's, with its reason
    motion_id text primary key references motion(id),
    application_id text not null references application(id),
    chosen boolean not null,
    reason text not null,
    decided_by text not null,
    decided_at text not null
);
