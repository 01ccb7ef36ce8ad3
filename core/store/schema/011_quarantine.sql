-- Standards whose scripts take workers down are put aside: review/quarantine.h.
alter table standard add column quarantine json; -- {"at", "message", "file", "line"} of the last kill; null = none

create table standard_kill (                     -- of standards in force, not made good since
    standard_id text not null references standard(id),
    application_id text not null references application(id),
    kills integer not null,
    primary key (standard_id, application_id)
);
