-- The integrity archive (诚信档案): what was decided about a person or a unit, and until when it bars.

create table integrity_record (
    id text primary key,
    account_id text references account(id),    -- the person, or
    unit_id text references unit(id),          -- the unit
    integrity_role text not null,              -- applicant | expert | staff | unit
    integrity_kind text not null,              -- false_material | plagiarism | ...: review/integrity.c
    decision_number text not null,
    decided_on text not null,
    from_on text not null,                     -- first and last day of the bar
    until_on text not null,
    bars_applying boolean not null,
    bars_judging boolean not null,
    finding text not null,
    application_id text references application(id),
    integrity_state text not null,             -- proposed | in_force | withdrawn
    recorded_by text not null,
    recorded_at text not null,
    confirmed_by text,                         -- another person than recorded_by
    confirmed_at text,
    withdrawn_by text,
    withdrawn_at text,
    withdrawn_reason text not null default ''
);
create index integrity_record_account on integrity_record(account_id);
create index integrity_record_unit on integrity_record(unit_id);
create index integrity_record_application on integrity_record(application_id);

create table integrity_answer (                -- what the person says to it
    record_id text not null references integrity_record(id),
    sequence integer not null,
    text text not null,
    answered_at text not null,
    primary key (record_id, sequence)
);
