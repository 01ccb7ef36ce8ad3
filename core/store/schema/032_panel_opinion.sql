-- What a panel says of a dossier after its discussion (review/discussion.h).
create table panel_opinion (
    application_id text primary key references application(id),
    panel_id text not null references panel(id),
    account_id text not null references account(id), -- the lead
    opinion text not null,                     -- recommend | reserve | against
    text text not null,
    at text not null,
    version integer not null default 1
);
