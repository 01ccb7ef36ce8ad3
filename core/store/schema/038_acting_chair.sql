-- Whom the office named to lead a meeting that neither chair nor deputy may lead.
create table acting_chair (
    meeting_id text not null references meeting(id),
    account_id text not null references account(id),
    named_by text not null references account(id),
    named_at text not null,
    primary key (meeting_id, account_id)
);
