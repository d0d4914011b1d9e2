// What the constructors of `client` and `manager` refuse: each function throws
// std::invalid_argument with the name of the option, its value and what is allowed.
#pragma once

#include "base/clock.hpp"
#include "socketio/client_options.hpp"

#include <string_view>

namespace socketio::client_side {

void check_options(const client_options& options);
void check_options(const socket_options& options);
void check_delay(std::string_view name, milliseconds value);
void check_factor(double value);
void check_headers(const name_value_list& headers);
void check_transports(const std::vector<std::string>& names);

}  // namespace socketio::client_side
