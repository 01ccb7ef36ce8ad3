-- Who of a panel reads a dossier, and the computation that chose them (review/assignment.h).

create table assignment_run (
    id text primary key,
    panel_id text not null references panel(id),
    reviews integer not null,                  -- readers that a dossier gets
    seed text not null,
    inputs json not null,
    inputs_hash text not null,                 -- SM3 of the canonical JSON
    plan json not null,
    plan_hash text not null,
    assigned integer not null,                 -- dossiers
    created_by text not null,
    created_at text not null
);
create index assignment_run_panel on assignment_run(panel_id);

create table panel_reader (
    panel_id text not null references panel(id),
    application_id text not null references application(id),
    account_id text not null references account(id),
    run_id text references assignment_run(id), -- null: all of the panel read, or added by hand
    at text not null,
    primary key (application_id, account_id)
);
create index panel_reader_account on panel_reader(account_id, panel_id);
insert into panel_reader (panel_id, application_id, account_id, at)
    select p.panel_id, p.application_id, m.account_id, p.assigned_at
    from panel_assignment p join panel_member m on m.panel_id = p.panel_id;

alter table panel_assignment add column reviews integer not null default 0; -- readers wanted; 0 = all of the panel
