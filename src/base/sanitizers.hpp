// Which sanitizers this is compiled with, as far as code has to know: they see only the allocations
// and the calls that pass through them. g++ and clang say it in different words.
//
// SOCKETIO_ADDRESS_SANITIZER and SOCKETIO_ANY_SANITIZER are 0 or 1.
#pragma once

#ifdef __has_feature
#define SOCKETIO_HAS_FEATURE(name) __has_feature(name)
#else
#define SOCKETIO_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || SOCKETIO_HAS_FEATURE(address_sanitizer)
#define SOCKETIO_ADDRESS_SANITIZER 1
#else
#define SOCKETIO_ADDRESS_SANITIZER 0
#endif

#if SOCKETIO_ADDRESS_SANITIZER || defined(__SANITIZE_THREAD__) || \
    SOCKETIO_HAS_FEATURE(thread_sanitizer) || SOCKETIO_HAS_FEATURE(memory_sanitizer)
#define SOCKETIO_ANY_SANITIZER 1
#else
#define SOCKETIO_ANY_SANITIZER 0
#endif
