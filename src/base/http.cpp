// The value types of socketio/http.hpp. Tested by tests/unit/base/http_test.cpp.
#include "socketio/http.hpp"

#include "base/http_text.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

#include <algorithm>
#include <numeric>

namespace socketio {
namespace {

// Is `value` an item of the comma separated `list`? A "*" stands for every item (Vary).
bool lists(std::string_view list, std::string_view value) noexcept {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trimmed(list.substr(0, comma));
    if (item == "*" || same_word(item, value)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

http_response with_type(unsigned status, const char* type, std::string body) {
  return {.status = status, .headers = {{"Content-Type", type}}, .body = std::move(body)};
}

}  // namespace

http_headers::http_headers(std::initializer_list<field> fields) : fields_(fields) {}

std::optional<std::string_view> http_headers::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_) {
    if (same_word(key, name)) return value;
  }
  return std::nullopt;
}

void http_headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void http_headers::set(std::string_view name, std::string value) {
  const auto first = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const field& one) { return same_word(one.first, name); });
  if (first == fields_.end()) return add(std::string(name), std::move(value));
  first->second = std::move(value);
  const auto rest = std::remove_if(std::next(first), fields_.end(),
                                   [&](const field& one) { return same_word(one.first, name); });
  fields_.erase(rest, fields_.end());
}

void http_headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const field& one) { return same_word(one.first, name); });
}

void http_headers::append_to_list(std::string_view name, std::string_view value) {
  field* first = nullptr;
  for (auto& one : fields_) {
    if (!same_word(one.first, name)) continue;
    if (lists(one.second, value)) return;
    if (!first) first = &one;
  }
  if (!first) return add(std::string(name), std::string(value));
  if (!trimmed(first->second).empty()) first->second += ", ";
  first->second += value;
}

http_query::http_query(std::string_view encoded) {
  if (encoded.starts_with('?')) encoded.remove_prefix(1);
  while (!encoded.empty()) {
    const std::size_t end = std::min(encoded.find('&'), encoded.size());
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    values_.emplace_back(form_decode(pair.substr(0, equals)),
                         form_decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  if (values_.size() < 2) return;

  // Of duplicates the last value wins, at the place of the first, as in a JavaScript object.
  // Sorting positions by name keeps this cheap when somebody sends thousands of parameters.
  std::vector<std::size_t> order(values_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values_[a].first < values_[b].first;
  });
  std::vector<bool> dropped(values_.size());
  for (std::size_t i = 0; i < order.size();) {
    const std::size_t first = order[i];
    for (++i; i < order.size() && values_[order[i]].first == values_[first].first; ++i) {
      values_[first].second = std::move(values_[order[i]].second);
      dropped[order[i]] = true;
    }
  }
  std::size_t at = 0;
  std::erase_if(values_, [&](const auto&) { return dropped[at++]; });
}

std::optional<std::string_view> http_query::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::shared_ptr<void> custom_fields::find(const char* type) const {
  for (const entry* one = first_.get(); one; one = one->next.get())
    if (one->type == type) return one->what;
  return nullptr;
}

http_response http_response::text(unsigned status, std::string body) {
  return with_type(status, "text/plain; charset=utf-8", std::move(body));
}

http_response http_response::json(unsigned status, std::string body) {
  return with_type(status, "application/json", std::move(body));
}

http_response http_response::html(std::string body) {
  return with_type(200, "text/html; charset=utf-8", std::move(body));
}

}  // namespace socketio
