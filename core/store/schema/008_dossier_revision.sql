-- A number per dossier that is another one after every change of what hangs on it, so that a text made of all that is
-- named by the dossier's row and this number (review/application.h). Kept by triggers, so that no writer can forget
-- it. A table that such a text is to be made of as well needs triggers here.
create table dossier_revision (
    application_id text primary key references application(id),
    number integer not null
);

create trigger evidence_insert_revised after insert on evidence begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger evidence_update_revised after update on evidence begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger evidence_delete_revised after delete on evidence begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger verification_insert_revised after insert on verification begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger verification_update_revised after update on verification begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger verification_delete_revised after delete on verification begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger assessment_insert_revised after insert on assessment begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger assessment_update_revised after update on assessment begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger assessment_delete_revised after delete on assessment begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger return_order_insert_revised after insert on return_order begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger return_order_update_revised after update on return_order begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger return_order_delete_revised after delete on return_order begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger transition_insert_revised after insert on transition begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger transition_update_revised after update on transition begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger transition_delete_revised after delete on transition begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger fact_set_insert_revised after insert on fact_set begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger fact_set_update_revised after update on fact_set begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger fact_set_delete_revised after delete on fact_set begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger score_insert_revised after insert on score begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger score_update_revised after update on score begin
    insert into dossier_revision (application_id, number) values (new.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger score_delete_revised after delete on score begin
    insert into dossier_revision (application_id, number) values (old.application_id, 1)
        on conflict (application_id) do update set number = number + 1;
end;
create trigger return_reason_insert_revised after insert on return_reason begin
    update dossier_revision set number = number + 1
        where application_id = (select application_id from return_order where id = new.return_id);
end;
create trigger return_reason_update_revised after update on return_reason begin
    update dossier_revision set number = number + 1
        where application_id = (select application_id from return_order where id = new.return_id);
end;
create trigger return_reason_delete_revised after delete on return_reason begin
    update dossier_revision set number = number + 1
        where application_id = (select application_id from return_order where id = old.return_id);
end;
-- The names of those who gave verdicts.
create trigger account_name_revised after update of name on account begin
    update dossier_revision set number = number + 1
        where application_id in (select application_id from verification where account_id = new.id);
end;
