// Rewrites JSON that JavaScript accepts and simdjson refuses into JSON that both accept: the slow
// second try of json_reader. Tested by tests/unit/wire/json_reader_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace socketio::wire {

// - whole numbers beyond 64 bits get an exponent, which makes them floating point, as they are in
//   JavaScript anyway;
// - escapes of lone surrogates (\ud800) become U+FFFD, because UTF-8 has no code for them;
// - bytes that are not UTF-8 become U+FFFD, as when Node decodes the body of a POST.
// Whatever else is wrong with the text stays wrong.
std::string repaired_json(std::string_view text);

}  // namespace socketio::wire
