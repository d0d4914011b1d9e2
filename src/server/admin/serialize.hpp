// Sockets and times as the page of the Admin UI wants them (its SerializedSocket).
#pragma once

#include "core/socket.hpp"
#include "socketio/value.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace socketio::admin {

value serialize(core::socket& who);  // on its shard
value serialize(const remote_socket& who);
// What data() holds, as an object; what the official server keeps in there for itself is left out.
value serialize_data(const value* data);

// "2026-11-21T08:09:08.007Z". JS differs: there it is a Date, which the msgpack parser sends as a
// type of its own; the page takes both.
std::string iso_date(std::chrono::system_clock::time_point when);

// About as long as its JSON.
std::size_t approximate_bytes(const value& of) noexcept;

}  // namespace socketio::admin
