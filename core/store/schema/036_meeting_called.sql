-- Who was told that a meeting is called: everybody once, also who joins the committee afterwards.
create table meeting_called (
    meeting_id text not null references meeting(id),
    account_id text not null references account(id),
    primary key (meeting_id, account_id)
);
insert into meeting_called (meeting_id, account_id)
    select g.id, m.account_id from meeting g join committee_member m on m.committee_id = g.committee_id
    where g.state <> 'closed';
