/* cpu.c - one locked queue, N threads. They wait on a semaphore, for the reason that store/queue.c
 * gives. */
#include "http/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

struct td_cpu {
    pthread_mutex_t lock;
    sem_t filled; /* once per job, and once more when ending */
    struct td_cpu_job *first, **last;
    int length, limit;
    bool ending;
    int threads;
    pthread_t thread[];
};

static struct td_cpu_job *take(struct td_cpu *cpu, bool *ret_ending)
{
    pthread_mutex_lock(&cpu->lock);
    struct td_cpu_job *job = cpu->first;
    if (job) {
        cpu->first = job->next;
        cpu->length--;
        if (!cpu->first)
            cpu->last = &cpu->first;
    }
    *ret_ending = cpu->ending;
    pthread_mutex_unlock(&cpu->lock);
    return job;
}

static struct td_cpu_job *next_job(struct td_cpu *cpu)
{
    struct td_cpu_job *job = NULL;
    bool ending = false;
    while (!job && !ending) {
        while (sem_wait(&cpu->filled) < 0 && errno == EINTR)
            ;
        job = take(cpu, &ending);
    }
    if (ending)
        sem_post(&cpu->filled); /* so that every thread comes to the end */
    return job;
}

static void *work(void *arg)
{
    struct td_cpu_job *job;
    while ((job = next_job(arg)))
        job->run(job);
    return NULL;
}

int td_cpu_new(int threads, int queue_limit, struct td_cpu **ret_cpu, struct td_error *reterr)
{
    struct td_cpu *cpu = calloc(1, sizeof(*cpu) + (size_t)threads * sizeof(pthread_t));
    if (!cpu)
        return TD_ENOMEM;
    pthread_mutex_init(&cpu->lock, NULL);
    sem_init(&cpu->filled, 0, 0);
    cpu->last = &cpu->first;
    cpu->limit = queue_limit;
    for (; cpu->threads < threads; cpu->threads++)
        if (pthread_create(&cpu->thread[cpu->threads], NULL, work, cpu) != 0) {
            td_cpu_free(cpu);
            return td_error_set(reterr, TD_EINTERNAL, "cannot start a thread of the CPU pool");
        }
    *ret_cpu = cpu;
    return 0;
}

void td_cpu_free(struct td_cpu *cpu)
{
    if (!cpu)
        return;
    pthread_mutex_lock(&cpu->lock);
    cpu->ending = true;
    pthread_mutex_unlock(&cpu->lock);
    sem_post(&cpu->filled);
    for (int i = 0; i < cpu->threads; i++)
        pthread_join(cpu->thread[i], NULL);
    sem_destroy(&cpu->filled);
    pthread_mutex_destroy(&cpu->lock);
    free(cpu);
}

int td_cpu_submit(struct td_cpu *cpu, struct td_cpu_job *job)
{
    pthread_mutex_lock(&cpu->lock);
    int r = cpu->length < cpu->limit ? 0 : TD_EBUSY;
    if (r == 0) {
        job->next = NULL;
        *cpu->last = job;
        cpu->last = &job->next;
        cpu->length++;
    }
    pthread_mutex_unlock(&cpu->lock);
    if (r == 0)
        sem_post(&cpu->filled);
    return r;
}
