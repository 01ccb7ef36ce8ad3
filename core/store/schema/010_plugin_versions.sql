-- Several versions of a series' plugin side by side: what was submitted stays with the version it was
-- submitted under (and the object with that SHA-256), drafts follow the present one.

alter table application add column plugin_version text not null default ''; -- '' until it was submitted
alter table application add column plugin_hash text not null default '';
alter table application add column form_version text not null default '';  -- a draft's answers fit this one
alter table application add column set_aside json not null default '[]';   -- answers that a newer form does not ask for
alter table snapshot add column plugin_hash text not null default '';
alter table fact_set add column plugin_hash text not null default '';
alter table score add column plugin_hash text not null default '';
create index application_plugin on application(series, plugin_version) where plugin_version <> '';

create table plugin_used (                     -- what a dossier was submitted under
    series text not null,
    version text not null,
    hash text not null,                        -- SHA-256 of the object
    first_at text not null,
    primary key (series, version, hash)
);
