#include "core/older_client.hpp"

#include "socketio/http.hpp"
#include "wire/json.hpp"

#include <algorithm>

namespace socketio::core::older {
namespace {

// Writes by `write(output)`; binary cannot travel there and becomes placeholders.
template <class Write>
std::string json_of(const Write& write) {
  std::string text;
  std::vector<std::span<const std::byte>> attachments;
  wire::json_output out(text, attachments);
  write(out);
  return text;
}

bool is_truthy(const value& what) noexcept {
  if (const bool* found = what.as_bool()) return *found;
  if (const auto* found = what.as_integer()) return *found != 0;
  if (const auto* found = what.as_number()) return *found != 0 && *found == *found;
  if (const auto* found = what.as_string()) return !found->empty();
  return !what.is_null();
}

}  // namespace

std::string_view nsp_of(std::string_view asked) noexcept {
  return asked.substr(0, asked.find_first_of("?#"));
}

std::string auth_of(std::string_view asked) {
  asked.remove_prefix(nsp_of(asked).size());
  if (!asked.starts_with('?')) return {};
  const http_query query(asked.substr(0, asked.find('#')));
  if (query.begin() == query.end()) return {};
  return json_of([&](output& out) {
    out.begin_object(static_cast<std::size_t>(query.end() - query.begin()));
    for (const auto& [name, text] : query) {
      out.key(name);
      out.string(text);
    }
    out.end_object();
  });
}

std::string id_of(std::string_view nsp_name, std::string_view sid) {
  std::string id;
  if (nsp_name != "/") (id += nsp_name) += '#';
  return id += sid;
}

std::string payload_of(const connect_error& why) {
  return json_of([&](output& out) {
    if (why.data() && is_truthy(*why.data()))
      why.data()->write(out);
    else
      out.string(why.message());
  });
}

}  // namespace socketio::core::older
