-- Lists and counts that cost what they show, however many dossiers there are.

-- Ranges that lists of officials are made of (review/application_list.c): each ends in the id, the order of a
-- list, and holds what officials may see at all.
create index application_seen on application(id) where submitted_at is not null;
create index application_seen_state on application(state, id) where submitted_at is not null;
create index application_seen_unit on application(unit_id, id) where submitted_at is not null;
create index application_seen_lane on application(series, division_code, level, id)
    where submitted_at is not null;
create index application_seen_state_lane on application(state, series, division_code, level, id)
    where submitted_at is not null;
create index account_name on account(name, id);

-- Work queues (review/queue.c) are read in the order (state_at, id).
drop index application_queue;
create index application_queue on application(state, series, division_code, state_at, id);
drop index application_unit;
create index application_unit on application(unit_id, state, state_at, id);

-- How many dossiers are in a state, by series and division. Kept by triggers, so that no writer can forget it.
create table application_count (
    state text not null,
    series text not null,
    division_code text not null,
    count integer not null,
    primary key (state, series, division_code)
);
insert into application_count
    select state, series, division_code, count(*) from application group by state, series, division_code;

create trigger application_counted after insert on application begin
    insert into application_count values (new.state, new.series, new.division_code, 1)
        on conflict (state, series, division_code) do update set count = count + 1;
end;
create trigger application_moved after update of state, series, division_code on application begin
    update application_count set count = count - 1
        where state = old.state and series = old.series and division_code = old.division_code;
    insert into application_count values (new.state, new.series, new.division_code, 1)
        on conflict (state, series, division_code) do update set count = count + 1;
end;
create trigger application_uncounted after delete on application begin
    update application_count set count = count - 1
        where state = old.state and series = old.series and division_code = old.division_code;
end;
