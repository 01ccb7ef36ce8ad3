-- One thing to be said to many (review/telling.c): written to in the order of account ids, told_to is the last one.
create table telling (
    id text primary key,
    cycle_id text not null references cycle(id),
    stage text not null,
    division_code text not null default '',    -- '' = the whole city
    kind text not null,
    parameters json not null,
    created_at text not null,
    told_to text not null default '',
    done_at text
);
create index telling_open on telling(id) where done_at is null;
-- What is late in a cycle, without reading the cycle's dossiers.
create index application_due on application(cycle_id, due_at) where due_at is not null;
-- Counts of a cycle by state and level come from the index alone.
drop index application_cycle;
create index application_cycle on application(cycle_id, state, level);
