-- What somebody who has to decide by a day was told (review/reminder.h), so that he is told once.
create table reminder (
    subject text not null,   -- 'objection/<id>', 'reexamination/<id>', 'complaint/<id>/accept', '.../answer'
    kind text not null,      -- of the message
    account_id text not null references account(id),
    at text not null,
    primary key (subject, kind, account_id)
);
create index objection_open on objection(decide_by) where decided_at is null;
