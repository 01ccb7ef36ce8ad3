#!/bin/sh
# alone.sh EXAMINER PROGRAM... - the first maps the parsers of images and PDF, the others do not, not even through
# another library.
set -eu
parsers='libqpdf|libjpeg|libpng|libturbojpeg'
for name in libqpdf libjpeg libpng; do
    ldd "$1" | grep -q "$name" || { echo "$1 does not use $name: this test looks for the wrong thing"; exit 1; }
done
shift
for program; do
    if ldd "$program" | grep -E "$parsers"; then
        echo "$program maps a parser of uploaded files"
        exit 1
    fi
    if nm -D --undefined-only "$program" | grep -E ' (qpdf_|jpeg_|png_)'; then
        echo "$program calls a parser of uploaded files"
        exit 1
    fi
done
