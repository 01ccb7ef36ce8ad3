/* pool_test.c - supervision: queue, back-pressure, deadlines, lost workers, a worker that never
 * starts. */
#include "drive.h"

#include <dirent.h>
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SOURCE                                                                                     \
    "standard 'x', 'junior' do\n  section 'A', 'A', cap: 10 do\n    linear 'A1', 'A', cap: 10, "   \
    "of: :years, per: 1\n"                                                                         \
    "  end\n%s\nend\n"

static json_t *job_with(const char *lines, int years)
{
    char source[1024];
    snprintf(source, sizeof(source), SOURCE, lines);
    return json_pack("{s:s, s:{s:{s:i}}, s:{s:s, s:s}}", "op", "score", "facts", "years", "value",
                     years, "standard", "name", "x/a.rb", "source", source);
}

static struct drive start(const char *executable, int workers, int queue_limit, int deadline_ms)
{
    struct drive drive;
    drive_start(&drive, &(struct td_pool_options){.executable = executable,
                                                  .plugin_folder = SAMPLE_PLUGINS,
                                                  .workers = workers,
                                                  .queue_limit = queue_limit,
                                                  .job_ms = DRIVE_JOB_MS,
                                                  .deadline_ms = deadline_ms ? deadline_ms
                                                                             : DRIVE_DEADLINE_MS});
    return drive;
}

static json_int_t total(const struct drive_answer *answer)
{
    return json_integer_value(json_object_get(json_object_get(answer->answer, "score"), "total"));
}

static void every_job_gets_its_own_answer(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct drive drive = start(TD_SCORER, 3, 0, 0);
    struct drive_answer *answers = calloc(COUNT, sizeof(*answers));
    assert_int_equal(drive.ready, 0);
    for (int i = 0; i < COUNT; i++) {
        json_t *job = job_with("", i % 9);
        drive_submit(&drive, job, &answers[i]);
        assert_int_equal(answers[i].done, 0); /* never from inside */
        json_decref(job);
    }
    for (int i = 0; i < COUNT; i++) {
        drive_wait(&drive, &answers[i]);
        assert_int_equal(answers[i].done, 1);
        assert_int_equal(answers[i].code, 0);
        assert_int_equal(total(&answers[i]), i % 9 * 100);
        drive_answer_done(&answers[i]);
    }
    struct td_pool_stats stats = td_pool_stats(drive.pool);
    assert_int_equal(stats.served, COUNT);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.busy, 0);
    assert_int_equal(stats.lost, 0);
    free(answers);
    drive_stop(&drive);
}

/* A preview does not wait for a trial: at most for the batch that its worker has. */
static void background_waits_for_others(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    struct drive drive = start(TD_SCORER, 1, 0, 0);
    struct drive_answer background[COUNT], preview;
    int before = 0;
    json_t *job = job_with("", 3);
    for (int i = 0; i < COUNT; i++)
        drive_submit_background(&drive, job, &background[i]);
    drive_wait(&drive, &background[0]);
    drive_submit(&drive, job, &preview);
    json_decref(job);
    drive_wait(&drive, &preview);
    for (int i = 0; i < COUNT; i++)
        before += background[i].done;
    assert_in_range(before, 1, 4);
    assert_int_equal(total(&preview), 300);
    for (int i = 0; i < COUNT; i++) {
        drive_wait(&drive, &background[i]);
        assert_int_equal(total(&background[i]), 300);
        drive_answer_done(&background[i]);
    }
    drive_answer_done(&preview);
    drive_stop(&drive);
}

static void full_queue_refuses(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    struct drive drive = start(TD_SCORER, 1, 4, 0);
    struct drive_answer answers[COUNT];
    int busy = 0, fine = 0;
    for (int i = 0; i < COUNT; i++) {
        json_t *job = job_with("", i);
        drive_submit(&drive, job, &answers[i]);
        assert_int_equal(answers[i].done, 0);
        json_decref(job);
    }
    for (int i = 0; i < COUNT; i++) {
        drive_wait(&drive, &answers[i]);
        busy += answers[i].code == TD_EBUSY;
        fine += answers[i].code == 0;
        drive_answer_done(&answers[i]);
    }
    assert_int_equal(fine, 5); /* one at work, four waiting */
    assert_int_equal(busy, 3);
    drive_stop(&drive);
}

static void jobs_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct drive drive = start(TD_SCORER, 1, 0, 0);
    char *huge = malloc((9 << 20) + 1);
    memset(huge, 'x', 9 << 20);
    huge[9 << 20] = 0;
    struct drive_answer answer =
        drive_job(&drive, json_pack("{s:s, s:s}", "op", "score", "huge", huge));
    assert_int_equal(answer.code, TD_ETOOLARGE);
    free(huge);
    answer = drive_job(&drive, job_with("", 2));
    assert_int_equal(answer.code, 0);
    drive_answer_done(&answer);
    drive_stop(&drive);
}

/* One worker hangs again and again; the other goes on meanwhile. */
static void hanging_jobs_do_not_stop_others(void **state)
{
    (void)state;
    struct drive drive = start(TD_SCORER, 2, 0, 0);
    struct drive_answer hanging[3], others[30];
    for (int i = 0; i < 3; i++) {
        json_t *job = job_with("adjust('A1', 'r') { |p, f| loop { } }", 1);
        drive_submit(&drive, job, &hanging[i]);
        json_decref(job);
    }
    for (int i = 0; i < 30; i++) {
        json_t *job = job_with("", 1);
        drive_submit(&drive, job, &others[i]);
        json_decref(job);
    }
    for (int i = 0; i < 30; i++) {
        drive_wait(&drive, &others[i]);
        assert_int_equal(others[i].code, 0);
        drive_answer_done(&others[i]);
    }
    for (int i = 0; i < 3; i++) {
        drive_wait(&drive, &hanging[i]);
        assert_int_equal(hanging[i].code, TD_ESCRIPT);
        assert_string_equal(hanging[i].key, "script_limit");
    }
    drive_stop(&drive);
}

/* Pids of this program's children, whichever thread made them. */
static int children(pid_t *pids, int room)
{
    int count = 0;
    DIR *threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (struct dirent *thread; (thread = readdir(threads));) {
        char path[300];
        snprintf(path, sizeof(path), "/proc/self/task/%s/children", thread->d_name);
        FILE *file = thread->d_name[0] == '.' ? NULL : fopen(path, "r");
        while (file && count < room && fscanf(file, "%d", &pids[count]) == 1)
            count++;
        if (file)
            fclose(file);
    }
    closedir(threads);
    return count;
}

static int has_two_workers(void *arg)
{
    struct td_pool_stats stats = td_pool_stats(arg);
    return stats.workers == 2;
}

static int has_lost_two(void *arg)
{
    return td_pool_stats(arg).lost >= 2;
}

static void killed_workers_are_replaced(void **state)
{
    (void)state;
    struct drive drive = start(TD_SCORER, 2, 0, 0);
    pid_t pids[8];
    drive_until(&drive, has_two_workers, drive.pool);
    assert_int_equal(children(pids, 8), 2);
    kill(pids[0], SIGKILL);
    kill(pids[1], SIGKILL);
    drive_until(&drive, has_lost_two, drive.pool);
    struct drive_answer answer = drive_job(&drive, job_with("", 4));
    assert_int_equal(answer.code, 0);
    assert_int_equal(total(&answer), 400);
    drive_answer_done(&answer);
    drive_until(&drive, has_two_workers, drive.pool);
    drive_stop(&drive);
    assert_int_equal(children(pids, 8), 0);
}

/* A worker stopped by its machine answers nothing at all: the pool's own deadline. */
static void silent_worker_times_out(void **state)
{
    (void)state;
    struct drive drive = start(TD_SCORER, 1, 0, 1000);
    pid_t pids[8];
    struct drive_answer answer;
    assert_int_equal(children(pids, 8), 1);
    kill(pids[0], SIGSTOP);
    answer = drive_job(&drive, job_with("", 4));
    assert_int_equal(answer.code, TD_ETIMEOUT);
    answer = drive_job(&drive, job_with("", 4));
    assert_int_equal(answer.code, 0);
    drive_answer_done(&answer);
    drive_stop(&drive);
}

/* Children of others stay theirs. */
static void other_children_are_left_alone(void **state)
{
    (void)state;
    pid_t other = fork();
    if (other == 0)
        _exit(7);
    struct drive drive = start(TD_SCORER, 1, 0, 0);
    struct drive_answer answer =
        drive_job(&drive, job_with("adjust('A1', 'r') { |p, f| loop { } }", 4));
    assert_int_equal(answer.code, TD_ESCRIPT);
    drive_stop(&drive);
    int status = 0;
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void missing_executable_is_told(void **state)
{
    (void)state;
    struct drive drive = start("/nonexistent/titled-scorer", 1, 0, 0);
    assert_int_equal(drive.ready, TD_EPLUGIN);
    struct drive_answer answer = drive_job(&drive, job_with("", 1)), background;
    assert_int_equal(answer.code, TD_EBUSY);
    assert_string_equal(answer.detail, "no scorer worker can be started");
    json_t *job = job_with("", 1);
    drive_submit_background(&drive, job, &background);
    json_decref(job);
    drive_wait(&drive, &background);
    assert_int_equal(background.code, TD_EBUSY);
    assert_string_equal(background.detail, "no scorer worker can be started");
    drive_stop(&drive);
}

static void executable_that_ends_is_told(void **state)
{
    (void)state;
    struct drive drive = start("/bin/false", 1, 0, 0);
    assert_int_equal(drive.ready, TD_EPLUGIN);
    drive_stop(&drive);
}

/* A worker that does not keep to the protocol, as a shell script; its path is kept by the caller.
 */
static struct drive start_fake(char path[], const char *body, int deadline_ms)
{
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fprintf(file, "#!/bin/sh\n%s\n", body);
    fclose(file);
    assert_int_equal(chmod(path, 0700), 0);
    return start(path, 1, 0, deadline_ms);
}

#define FRAME_READY "printf '\\0\\0\\0\\50{\"ready\":true,\"catalog\":{},\"refused\":[]}' >&3\n"

static void workers_that_talk_nonsense_never_serve(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "printf '\\377\\377\\377\\377' >&3; cat <&3",           /* too long a frame */
        "printf '\\0\\0\\0\\0' >&3; cat <&3",                   /* an empty one */
        "printf '\\0\\0\\0\\3{]}' >&3; cat <&3",                /* no JSON */
        "printf '\\0\\0\\0\\2{}' >&3; cat <&3",                 /* not ready */
        "printf '\\0\\0\\0\\16{\"ready\":true}' >&3; cat <&3",  /* ready without a catalog */
        "printf '\\0\\0\\0\\17{\"ready\":false}' >&3; cat <&3", /* no sandbox */
        "printf '\\0\\0\\0\\377{\"ready' >&3",                  /* half a frame */
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char path[] = "/tmp/td-fake-XXXXXX";
        struct drive drive = start_fake(path, bodies[i], 0);
        if (drive.ready != TD_EPLUGIN)
            print_error("%s\n", bodies[i]);
        assert_int_equal(drive.ready, TD_EPLUGIN);
        drive_stop(&drive);
        unlink(path);
    }
}

static void nonsense_for_an_answer_fails_the_job(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int code;
    } rows[] = {
        {FRAME_READY "head -c 4 <&3 >/dev/null; printf '\\0\\0\\0\\3{]}' >&3; cat <&3", TD_ESCRIPT},
        {FRAME_READY "head -c 4 <&3 >/dev/null; exit 3", TD_ESCRIPT},
        {FRAME_READY "cat <&3 >/dev/null", TD_ETIMEOUT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[] = "/tmp/td-fake-XXXXXX";
        struct drive drive = start_fake(path, rows[i].body, rows[i].code == TD_ETIMEOUT ? 200 : 0);
        assert_int_equal(drive.ready, 0);
        struct drive_answer answer = drive_job(&drive, job_with("", 1));
        assert_int_equal(answer.code, rows[i].code);
        assert_null(answer.answer);
        drive_stop(&drive);
        unlink(path);
    }
}

static void failed_reload_keeps_the_old(void **state)
{
    (void)state;
    char path[] = "/tmp/td-scorer-XXXXXX", command[512];
    int fd = mkstemp(path);
    close(fd);
    snprintf(command, sizeof(command), "cp '%s' '%s.x' && chmod 0755 '%s.x' && rm '%s'", TD_SCORER,
             path, path, path);
    assert_int_equal(system(command), 0);
    strcat(strcpy(command, path), ".x");
    struct drive drive = start(command, 1, 0, 0);
    assert_int_equal(drive.ready, 0);
    assert_int_equal(unlink(command), 0);
    assert_int_equal(drive_reload(&drive), TD_EPLUGIN);
    struct drive_answer answer = drive_job(&drive, job_with("", 5));
    assert_int_equal(answer.code, 0);
    drive_answer_done(&answer);
    drive_stop(&drive);
}

static void freeing_answers_open_jobs(void **state)
{
    (void)state;
    struct drive drive = start(TD_SCORER, 1, 0, 0);
    struct drive_answer answers[3];
    for (int i = 0; i < 3; i++) {
        json_t *job = job_with("", i);
        drive_submit(&drive, job, &answers[i]);
        json_decref(job);
    }
    drive_stop(&drive);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].done, 1);
        assert_int_equal(answers[i].code, TD_EBUSY);
    }
}

/* What a worker looks like from outside while it waits. */
static void worker_is_locked_in(void **state)
{
    (void)state;
    struct drive drive = start(TD_SCORER, 1, 0, 0);
    pid_t pids[8] = {0};
    char path[64], line[256];
    int filtered = 0, privileges = 0, descriptors = 0, environment = 0;
    assert_int_equal(children(pids, 8), 1);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pids[0]);
    FILE *file = fopen(path, "r");
    while (fgets(line, sizeof(line), file)) {
        filtered += !strcmp(line, "Seccomp:\t2\n");
        privileges += !strcmp(line, "NoNewPrivs:\t1\n");
        if (geteuid() == 0 && !strncmp(line, "Uid:", 4))
            assert_string_equal(line, "Uid:\t65534\t65534\t65534\t65534\n");
        if (!strncmp(line, "CapEff:", 7))
            assert_string_equal(line, "CapEff:\t0000000000000000\n");
    }
    fclose(file);
    assert_int_equal(filtered, 1);
    assert_int_equal(privileges, 1);
    if (geteuid() == 0) { /* the worker is not dumpable: only root may look further */
        snprintf(path, sizeof(path), "/proc/%d/fd", (int)pids[0]);
        DIR *folder = opendir(path);
        while (readdir(folder))
            descriptors++;
        closedir(folder);
        assert_int_equal(descriptors, 2 + 4); /* . and .., 0 to 3 */
        snprintf(path, sizeof(path), "/proc/%d/environ", (int)pids[0]);
        file = fopen(path, "r");
        while (fgetc(file) != EOF)
            environment++;
        fclose(file);
        assert_int_equal(environment, 0);
    }
    drive_stop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_gets_its_own_answer),
        cmocka_unit_test(background_waits_for_others),
        cmocka_unit_test(full_queue_refuses),
        cmocka_unit_test(jobs_that_do_not_fit_are_refused),
        cmocka_unit_test(hanging_jobs_do_not_stop_others),
        cmocka_unit_test(killed_workers_are_replaced),
        cmocka_unit_test(silent_worker_times_out),
        cmocka_unit_test(other_children_are_left_alone),
        cmocka_unit_test(missing_executable_is_told),
        cmocka_unit_test(executable_that_ends_is_told),
        cmocka_unit_test(workers_that_talk_nonsense_never_serve),
        cmocka_unit_test(nonsense_for_an_answer_fails_the_job),
        cmocka_unit_test(failed_reload_keeps_the_old),
        cmocka_unit_test(freeing_answers_open_jobs),
        cmocka_unit_test(worker_is_locked_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
