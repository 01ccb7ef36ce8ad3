-- Posts for titles of the directed track (定向使用): counted apart from each unit's own structure. A row is never
-- changed nor deleted; the last one of a pot (year, district, series, level, pool) has its balance.
create table quota_entry (
    sequence integer primary key,
    year integer not null,
    division_code text not null,               -- '' = the city's total, which districts' grants stay within
    series text not null,
    level text not null,
    pool text not null default '',             -- '' = all units of the district share it; else a unit's id
    kind text not null,                        -- grant | adjust | reserve | consume | release
    posts integer not null,                    -- of this entry; an adjustment may be negative
    application_id text references application(id), -- reserve, consume, release
    document text not null default '',         -- grant, adjust: number of the document that says so
    note text not null default '',
    base_posts integer not null default 0,     -- posts of the units that the ratio is of; 0 = not given
    granted integer not null,                  -- the pot after this entry
    reserved integer not null,
    consumed integer not null,
    account_id text not null,                  -- or 'system'
    at text not null
);
create index quota_entry_pot on quota_entry(year, division_code, series, level, pool, sequence);
create index quota_entry_application on quota_entry(application_id, sequence);
