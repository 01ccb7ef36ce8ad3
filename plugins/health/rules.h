/* rules.h - every number of the health series that a notice may change, in one place.
 *
 * These shape facts and gates. Points and minimum years belong to the scoring standards in
 * scripts/health/, where an administrator changes them without a new plugin. */
#ifndef HEALTH_RULES_H
#define HEALTH_RULES_H

/* Time on secondment away counts by this share towards years at the grassroots and in harder posts
 * (借调减半); it never counts as being there continuously. 0 leaves it out. */
#define SECONDED_PERCENT 50

/* A qualification counts once it has been held this long at the cut-off date. */
#define EDUCATION_HELD_MONTHS 12

/* Gaps between jobs longer than this are pointed out. */
#define GAP_MONTHS 6

/* Continuing medical education, on average over the last full years (fewer for who has practised
 * for less long): hours or credits, and hours in general subjects (公需科目).
 * 《专业技术人员继续教育规定》（人社部令第25号）第八条;
 * 《继续医学教育规定（试行）》（卫科教发〔2000〕477号）. The region's figures replace these where
 * they differ. */
#define CE_HOURS        90
#define CE_PUBLIC_HOURS 30
#define CE_CREDITS      25
#define CE_YEARS        5

/* Cases, care reports or studies to hand in for blind review. */
#define CASE_RECORDS 3

/* A row of digits this long in a case is taken for a number of a person: telephone 11, identity 18.
 */
#define PERSONAL_NUMBER_DIGITS 11

#endif
