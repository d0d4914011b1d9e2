// libcurl's own start. Whoever must end behind everything of libcurl and of its TLS library at the
// end of the process calls this first.
#pragma once

namespace socketio::dial {

void start_libcurl();  // any thread, any number of times; throws std::bad_alloc

}  // namespace socketio::dial
