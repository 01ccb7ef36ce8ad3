-- Who confirmed the minutes of a meeting, and when the chair read out a result: review/minutes.h, review/ballot.h.

create table minutes_signature (
    meeting_id text not null references meeting(id),
    seat text not null,                        -- chair | supervisor
    account_id text not null references account(id),
    minutes_hash text not null,                -- of what was signed
    at text not null,
    primary key (meeting_id, seat)
);

alter table election add column announced_at text not null default '';
