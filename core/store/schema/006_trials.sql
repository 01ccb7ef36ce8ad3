-- What a standard would do to a cycle, before it counts: review/trial.h.

create table trial (
    id text primary key,
    standard_id text not null references standard(id),
    standard_hash text not null,               -- what was tried: a draft may change afterwards
    base_standard_id text references standard(id), -- in force when it began; null = none was
    cycle_id text references cycle(id),        -- null = golden cases only
    state text not null,                       -- running | done | refused | failed | cancelled | replaced
    total integer not null default 0,          -- dossiers to try
    skipped integer not null default 0,        -- without facts yet
    done integer not null default 0,
    golden json,                               -- {"cases": 12, "failed": [...]}
    summary json,
    refusal json,                              -- why it was refused or failed
    created_by text not null,
    created_at text not null,
    finished_at text
);
create index trial_standard on trial(standard_id, id);
create index trial_open on trial(id) where state in ('running', 'replaced');

create table trial_dossier (                   -- breakdowns are computed again when somebody looks
    trial_id text not null references trial(id),
    application_id text not null references application(id),
    division_code text not null,
    fact_set_id text not null,
    before_total integer,                      -- null: no standard in force, or it fails on this dossier
    after_total integer not null,
    before_vetoed boolean,
    after_vetoed boolean not null,
    before_above boolean,                      -- reaches the reference line and is not vetoed
    after_above boolean not null,
    before_failed json,                        -- ids of conditions that are not met; null = none
    after_failed json,
    change integer not null,                   -- after - before, 0 without a before
    crosses integer not null,                  -- 1 up, -1 down, 0
    fails integer not null,                    -- conditions that were met and are not any more
    passes integer not null,
    primary key (trial_id, application_id)
);
create index trial_dossier_change on trial_dossier(trial_id, change, application_id);

create index application_trial on application(cycle_id, level, id);
