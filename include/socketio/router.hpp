// Which handler answers an HTTP request: routes by method and path. Literal names, `:name` for one
// name, and `*` at the end for everything that follows:
//
//   /healthz          /users/:id          /users/:id/posts/:post          /public/*
//
// Paths are compared decoded, so an encoded slash separates names like any other.
// Of several routes that fit, the one that is most specific from left to right is taken (a literal
// before `:name` before `*`), so the order of registration does not matter. HEAD falls back to GET.
//
// Not thread-safe while routes are added; constant and callable from any thread afterwards.
// Tested by tests/unit/server/router_test.cpp.
#pragma once

#include "socketio/http.hpp"

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace socketio::web {

// What the names of a pattern stood for: {"id", "42"}; the rest behind `*` is called "*".
// The views are valid during the call of the handler.
class route_parameters {
 public:
  // The value, or an empty view.
  std::string_view operator[](std::string_view name) const noexcept;

  void add(std::string_view name, std::string_view value);
  void clear() noexcept { values_.clear(); }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> values_;
};

// Answers a request, once, now or later. The first call counts, later ones do nothing.
using respond_function = std::function<void(http_response)>;

// The request and the parameters are valid during the call; whoever answers later copies what he
// needs.
using route_handler =
    std::function<void(const http_request&, const route_parameters&, respond_function)>;

class router {
 public:
  // Adds a route. A handler takes the request, or the request and the route_parameters; it returns
  // the http_response, or it takes a respond_function as its last parameter and returns nothing.
  //
  // Throws std::invalid_argument when the pattern is not valid, or when method and pattern are
  // taken already (names of parameters do not make a difference). The method "*" stands for all
  // that have no route of their own for this pattern.
  template <class Handler>
  void add(std::string_view method, std::string_view pattern, Handler handler) {
    add_route(method, pattern, adapt(std::move(handler)));
  }

  // Does any route fit the path, whatever its method?
  bool knows(std::string_view path) const;

  // Lets the handler answer; 404 when no route fits, 405 with Allow when only the method does not.
  // An exception of a handler is caught here: the answer is 500, and `on_exception` is told.
  void dispatch(const http_request& request, respond_function respond) const;

  // Told about exceptions of handlers, inside the handler of the exception.
  std::function<void(const http_request&, std::exception_ptr)> on_exception;

 private:
  struct route {
    std::string method;
    std::vector<std::string> segments;  // ":id" and a final "*" are kept as they were written
    route_handler handler;
  };

  template <class Handler>
  static route_handler adapt(Handler handler);
  void add_route(std::string_view method, std::string_view pattern, route_handler handler);

  static bool fits(const route& candidate, std::string_view path, route_parameters& parameters);
  static bool more_specific(const route& a, const route& b) noexcept;
  const route* find(std::string_view method, std::string_view path,
                    route_parameters& parameters) const;
  std::string allowed_methods(std::string_view path) const;

  std::vector<route> routes_;
};

template <class Handler>
route_handler router::adapt(Handler handler) {
  using request = const http_request&;
  using parameters = const route_parameters&;
  if constexpr (std::is_invocable_v<Handler&, request, parameters, respond_function>) {
    return handler;
  } else if constexpr (std::is_invocable_v<Handler&, request, respond_function>) {
    return [handler = std::move(handler)](request asked, parameters,
                                          respond_function respond) mutable {
      handler(asked, std::move(respond));
    };
  } else if constexpr (std::is_invocable_r_v<http_response, Handler&, request, parameters>) {
    return [handler = std::move(handler)](request asked, parameters at,
                                          respond_function respond) mutable {
      respond(handler(asked, at));
    };
  } else {
    static_assert(std::is_invocable_r_v<http_response, Handler&, request>,
                  "a route's handler takes (const http_request&[, const route_parameters&]) and "
                  "returns http_response, or takes a respond_function in addition");
    return [handler = std::move(handler)](request asked, parameters,
                                          respond_function respond) mutable {
      respond(handler(asked));
    };
  }
}

}  // namespace socketio::web

namespace socketio {
using web::respond_function;
using web::route_parameters;
using web::router;
}  // namespace socketio
