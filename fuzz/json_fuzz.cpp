// JSON: what parses is printed as something that parses and prints the same. The first byte says
// how many attachments there are.
#include "law.hpp"
#include "unit/wire/print.hpp"
#include "wire/error.hpp"
#include "wire/json_flat.hpp"

namespace socketio {
namespace {

// Asks every question of every value; a conversion that succeeds must agree with the kind.
void visit(const input& value) {
  bool boolean = false;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double number = 0;
  std::string_view text;
  const kind type = value.type();
  const bool numeric = type == kind::integer || type == kind::number;
  fuzz::law(value.get(boolean) == (type == kind::boolean), "only booleans are booleans");
  fuzz::law(!value.get(integer) || numeric, "only numbers are integers");
  fuzz::law(!value.get(natural) || numeric, "only numbers are unsigned integers");
  fuzz::law(value.get(number) == numeric, "every number is a double");
  fuzz::law(value.get_string(text) == (type == kind::string), "only strings are strings");
  fuzz::law(value.get_binary(text) == (type == kind::binary), "only binary is binary");
  input::walk walk(value);
  std::string_view key;
  std::size_t count = 0;
  for (input element; walk.next(key, element); ++count) visit(element);
  fuzz::law(count == 0 || type == kind::array || type == kind::object,
            "only containers hold values");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<std::string> attachments(data[0] % 4, std::string("\0bytes", 6));
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  // What is read in place means what simdjson reads; with an attachment it is always asked.
  wire::json_flat flat;
  if (flat.parse(text)) {
    static wire::json_reader general;
    const std::vector<std::string> one(1);
    const auto same = general.parse(text, one);
    fuzz::law(same.has_value(), "what is read in place is JSON");
    fuzz::law(wire::test::printed_with(*same, wire::test::never) ==
                  wire::test::printed_with(flat.root(), wire::test::never),
              "both readers read the same");
  }

  static wire::json_reader reader, reader_again;  // used again and again, as in the server
  const auto parsed = reader.parse(text, attachments);
  if (!parsed) return 0;
  visit(*parsed);

  std::string printed;
  std::vector<std::span<const std::byte>> binaries;
  wire::json_output out(printed, binaries);
  wire::test::copy(*parsed, out, wire::test::never);
  std::vector<std::string> again;
  again.reserve(binaries.size());
  for (const auto bytes : binaries) {
    again.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const auto parsed_again = reader_again.parse(printed, again);
  fuzz::law(parsed_again.has_value(), "what was printed parses");
  fuzz::law(wire::test::printed_with(*parsed_again, wire::test::never) ==
                wire::test::printed_with(*parsed, wire::test::never),
            "what was printed means the same");
  return 0;
}

}  // namespace socketio
