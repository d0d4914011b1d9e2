#include "socketio/router.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace socketio::web {
namespace {

// Takes the name up to the next '/' off `rest`; false at the end. "a/" has two names, the second of
// them empty: /users and /users/ are different paths.
bool take_name(std::string_view& rest, bool& at_end, std::string_view& name) noexcept {
  if (at_end) return false;
  const std::size_t slash = rest.find('/');
  at_end = slash == std::string_view::npos;
  name = rest.substr(0, slash);
  rest.remove_prefix(at_end ? rest.size() : slash + 1);
  return true;
}

enum class segment_kind : std::uint8_t { literal, parameter, rest };  // from specific to general

segment_kind kind_of(std::string_view segment) noexcept {
  if (segment == "*") return segment_kind::rest;
  return segment.starts_with(':') ? segment_kind::parameter : segment_kind::literal;
}

std::vector<std::string> parse_pattern(std::string_view pattern) {
  const auto refuse = [pattern](const char* why) {
    throw std::invalid_argument("route \"" + std::string(pattern) + "\": " + why);
  };
  if (!pattern.starts_with('/')) refuse("a pattern begins with /");
  std::vector<std::string> segments;
  std::string_view rest = pattern.substr(1), name;
  for (bool at_end = false; take_name(rest, at_end, name);) {
    const bool taken = std::find(segments.begin(), segments.end(), name) != segments.end();
    if (name == "*" && !at_end) refuse("* stands at the end");
    if (name == ":") refuse("a parameter needs a name, like :id");
    if (kind_of(name) == segment_kind::parameter && taken) refuse("a parameter occurs twice");
    segments.emplace_back(name);
  }
  return segments;
}

// The same set of paths, whatever the parameters are called?
bool same_shape(const std::vector<std::string>& a, const std::vector<std::string>& b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const segment_kind kind = kind_of(x);
    return kind == kind_of(y) && (kind != segment_kind::literal || x == y);
  });
}

// Passes the first answer on and drops the rest, however many copies of it there are.
respond_function once(respond_function respond,
                      const std::shared_ptr<std::atomic<bool>>& answered) {
  return [respond = std::move(respond), answered](http_response response) {
    if (answered->exchange(true)) return;
    respond(std::move(response));
  };
}

}  // namespace

void route_parameters::add(std::string_view name, std::string_view value) {
  values_.emplace_back(name, value);
}

std::string_view route_parameters::operator[](std::string_view name) const noexcept {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return {};
}

void router::add_route(std::string_view method, std::string_view pattern, route_handler handler) {
  std::vector<std::string> segments = parse_pattern(pattern);
  if (method.empty()) {
    throw std::invalid_argument("route \"" + std::string(pattern) + "\": the method is empty");
  }
  for (const route& other : routes_) {
    if (other.method == method && same_shape(other.segments, segments)) {
      throw std::invalid_argument("route \"" + std::string(method) + " " + std::string(pattern) +
                                  "\": there is one for the same paths already");
    }
  }
  routes_.push_back({std::string(method), std::move(segments), std::move(handler)});
}

bool router::fits(const route& candidate, std::string_view path, route_parameters& parameters) {
  parameters.clear();
  if (!path.starts_with('/')) return false;
  std::string_view rest = path.substr(1), name;
  bool at_end = false;
  for (const std::string& segment : candidate.segments) {
    const segment_kind kind = kind_of(segment);
    if (kind == segment_kind::rest) {
      parameters.add("*", rest);
      return true;  // also when nothing follows: /public/* serves /public
    }
    if (!take_name(rest, at_end, name)) return false;
    if (kind == segment_kind::literal ? name != segment : name.empty()) return false;
    if (kind == segment_kind::parameter) {
      parameters.add(std::string_view(segment).substr(1), name);
    }
  }
  return at_end;
}

bool router::more_specific(const route& a, const route& b) noexcept {
  const auto [x, y] =
      std::mismatch(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                    [](const auto& s, const auto& t) { return kind_of(s) == kind_of(t); });
  // Where one ends (/public beside /public/*), the longer has only its `*` left.
  if (x == a.segments.end() || y == b.segments.end())
    return x == a.segments.end() && y != b.segments.end();
  return kind_of(*x) < kind_of(*y);
}

const router::route* router::find(std::string_view method, std::string_view path,
                                  route_parameters& parameters) const {
  const route* best = nullptr;
  for (const route& candidate : routes_) {
    if (candidate.method != method || !fits(candidate, path, parameters)) continue;
    if (!best || more_specific(candidate, *best)) best = &candidate;
  }
  if (best) fits(*best, path, parameters);  // the parameters were those of the last candidate
  return best;
}

bool router::knows(std::string_view path) const {
  route_parameters ignored;
  return std::any_of(routes_.begin(), routes_.end(),
                     [&](const route& candidate) { return fits(candidate, path, ignored); });
}

std::string router::allowed_methods(std::string_view path) const {
  route_parameters ignored;
  std::vector<std::string_view> methods;
  const auto add = [&methods](std::string_view method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end())
      methods.push_back(method);
  };
  for (const route& candidate : routes_) {
    if (!fits(candidate, path, ignored)) continue;
    add(candidate.method);
    if (candidate.method == "GET") add("HEAD");
  }
  std::string list;
  for (const std::string_view method : methods) {
    if (!list.empty()) list += ", ";
    list += method;
  }
  return list;
}

void router::dispatch(const http_request& request, respond_function respond) const {
  route_parameters parameters;
  const route* found = find(request.method, request.path, parameters);
  if (!found && request.method == "HEAD") found = find("GET", request.path, parameters);
  if (!found) found = find("*", request.path, parameters);
  if (!found) {
    const std::string allowed = allowed_methods(request.path);
    if (allowed.empty()) return respond(http_response::text(404, "not found\n"));
    http_response response = http_response::text(405, "method not allowed\n");
    response.headers.set("Allow", allowed);
    return respond(std::move(response));
  }
  const auto answered = std::make_shared<std::atomic<bool>>(false);
  const respond_function respond_once = once(std::move(respond), answered);
  try {
    found->handler(request, parameters, respond_once);
  } catch (...) {
    try {
      if (on_exception) on_exception(request, std::current_exception());
    } catch (...) {  // an error handler that throws has nobody left to tell
    }
    respond_once(http_response::text(500, "internal server error\n"));
  }
}

}  // namespace socketio::web
