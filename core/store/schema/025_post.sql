-- Titles in use: where the holder serves, his posts, his moves, and the titles of both ladders that he has from
-- elsewhere.
alter table title add column unit_id text references unit(id); -- where he serves; null = outside this city's units
alter table title add column pre_directed_grade integer;       -- post grade before; null = none or not appointed yet
update title set unit_id = (select a.unit_id from application a where a.id = title.application_id);

create table post (                            -- an appointment; the open one of a title has no until_on
    id text primary key,
    title_id text not null references title(id),
    account_id text not null references account(id),
    unit_id text references unit(id),
    place text not null default '',            -- name of a unit that is not registered here
    ladder text not null,                      -- directed | general | before: the grade held before, restored
    grade integer not null,                    -- 1 to 13
    from_on text not null,
    until_on text,                             -- last day
    pay_effective_on text,
    pay_due_on text,                           -- to be honoured until then (the cycle's pay_days)
    pay_honoured_on text,
    document text not null default '',
    recorded_by text not null,
    recorded_at text not null
);
create index post_title on post(title_id, from_on);
create index post_account on post(account_id);
create unique index post_open on post(title_id) where until_on is null;

create table title_move (                      -- a transfer of the holder
    id text primary key,
    title_id text not null references title(id),
    from_unit_id text references unit(id),
    to_unit_id text references unit(id),
    to_name text not null,
    effect text not null,                      -- suspends | reinstates | keeps
    grade_before integer,
    grade_after integer,
    moved_on text not null,
    document text not null,
    recorded_by text not null,
    recorded_at text not null
);
create index title_move_title on title_move(title_id);

create table title_reminder (                  -- who was reminded of what, once
    title_id text not null references title(id),
    kind text not null,                        -- appointment | pay
    at text not null,
    primary key (title_id, kind)
);

create table held_title (                      -- a title from elsewhere
    id text primary key,
    account_id text not null references account(id),
    series text not null,
    level text not null,
    name text not null,
    track text not null,                       -- general | directed
    certificate_number text not null,
    issuer text not null,
    obtained_on text not null,
    appointed_on text,
    ended_on text,                             -- last day of that appointment; null = it goes on
    state text not null,                       -- recorded | confirmed | withdrawn
    recorded_by text not null,
    recorded_at text not null,
    confirmed_by text,
    confirmed_at text
);
create index held_title_account on held_title(account_id);
