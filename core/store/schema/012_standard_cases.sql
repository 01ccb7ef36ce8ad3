-- Golden cases amended for a standard: review/standard_case.h.

create table standard_case (                   -- what the standard makes of a case, with its arithmetic
    standard_id text not null references standard(id),
    file text not null,                        -- of scripts/<series>/cases
    file_hash text not null,                   -- of the file that is amended: another one voids this
    expected json not null,                    -- instead of the file's
    changes json not null,                     -- [{"what", "id", "expected", "got"}] against the file's
    arithmetic text not null,
    amended_by text not null,
    amended_at text not null,
    inherited_from text references standard(id), -- where it was amended; null = here
    primary key (standard_id, file)
);
alter table standard add column cases_revision integer not null default 0; -- rises with every amendment
alter table trial add column cases_revision integer not null default 0;    -- as it was when the trial began
