/* rules.h - every number of the agriculture series that a notice may change, in one place.
 *
 * These shape facts and gates. Points and minimum years belong to the scoring standards in
 * scripts/agriculture/, where an administrator changes them without a new plugin. */
#ifndef AGRICULTURE_RULES_H
#define AGRICULTURE_RULES_H

/* Time on secondment away from the unit counts by this share towards years at the grassroots and
 * in harder posts (借调减半); it never counts as being there continuously. 0 leaves it out. */
#define SECONDED_PERCENT 50

/* A qualification counts once it has been held this long at the cut-off date. */
#define EDUCATION_HELD_MONTHS 12

/* Gaps between jobs longer than this are pointed out. */
#define GAP_MONTHS 6

/* A training session counts from this many farmers on. */
#define TRAINEES_MIN 20

/* Continuing education: hours a year, and of these in general subjects (公需科目), on average over
 * the last full years: as many as the level asks, or as many as the person has worked if fewer.
 * 《专业技术人员继续教育规定》（人社部令第25号）第八条; the region's figure replaces 90 where it
 * differs. */
#define CE_HOURS              90
#define CE_PUBLIC_HOURS       30
#define CE_YEARS_JUNIOR       3
#define CE_YEARS_INTERMEDIATE 4
#define CE_YEARS_SENIOR       5

#endif
