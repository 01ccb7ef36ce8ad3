-- The life of a standard: drafts that are edited, what they came from, and what put one in force.

alter table standard add column revision integer not null default 1;  -- rises with every saved source
alter table standard add column fault json;                 -- why the source does not load; null = it does
alter table standard add column origin text not null default 'file'; -- file | version | text
alter table standard add column based_on text references standard(id);
alter table standard add column note text not null default '';      -- what is changed and why
alter table standard add column approved_at text;
alter table standard add column replaces text references standard(id); -- in force before it: where a rollback leads

create table standard_source (                 -- every source that was saved; never changed
    standard_id text not null references standard(id),
    revision integer not null,
    source text not null,
    hash text not null,
    author text not null,
    at text not null,
    primary key (standard_id, revision)
);
insert into standard_source (standard_id, revision, source, hash, author, at)
    select id, 1, source, hash, author, created_at from standard;

create table standard_release (                -- a supervisor's leave to change a frozen standard, once
    id text primary key,
    standard_id text not null references standard(id),
    hash text not null,                        -- of the source that may be put in force
    reason text not null,
    released_by text not null,
    at text not null,
    used_at text
);
create index standard_release_standard on standard_release(standard_id);
