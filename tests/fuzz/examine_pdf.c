/* A PDF: no crash, no leak, known findings only, never rewritten. */
#include "examiner/verdict.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct td_verdict verdict = {0};
    td_pdf_examine(bytes, length, &verdict);
    if (verdict.rewritten || verdict.findings >> TD_FINDING_COUNT)
        abort();
    return 0;
}
