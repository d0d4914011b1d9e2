// Percent-encoding as browsers do it (https://url.spec.whatwg.org/, "percent-decode" and
// "application/x-www-form-urlencoded parsing"). Used for query parameters (HS-04) and for the paths
// of requests. Tested by tests/unit/base/http_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace socketio {

// Replaces %XX by the byte it names; a '%' that is not followed by two hex digits stays as it is.
// The result may hold any byte, also NUL and '/': whoever opens files must look at it again.
std::string percent_decode(std::string_view text);

// The same for form fields: '+' is a space, and bytes that are not UTF-8 become U+FFFD.
std::string form_decode(std::string_view text);

}  // namespace socketio
