-- Rechecks (复查): an applicant who is not satisfied with his result asks for an examination of the procedure.

create table reexamination (
    id text primary key,
    application_id text not null references application(id),
    reason text not null,                      -- the applicant's words
    requested_at text not null,
    due_on text not null,                      -- last day for the decision
    outcome text,                              -- revote | kept
    finding text not null default '',
    decided_by text references account(id),
    decided_at text
);
create index reexamination_application on reexamination(application_id);
create index reexamination_open on reexamination(due_on) where decided_at is null;
