// HTTP requests and responses as the application sees them: in routes, middlewares, `allow_request`
// and `handshake()`. Plain values without any I/O. Header names are compared without regard to case
// (RFC 9110, section 5.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

// An ordered list of header fields.
class http_headers {
 public:
  using field = std::pair<std::string, std::string>;

  http_headers() = default;
  http_headers(std::initializer_list<field> fields);

  // The value of the first field of that name; nullopt when there is none.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  // The value, or an empty view.
  std::string_view operator[](std::string_view name) const noexcept {
    return find(name).value_or("");
  }
  bool contains(std::string_view name) const noexcept { return find(name).has_value(); }

  void add(std::string name, std::string value);       // appends
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  // Appends `value` to a comma separated list unless it stands there already (for Vary).
  void append_to_list(std::string_view name, std::string_view value);

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }

 private:
  std::vector<field> fields_;
};

// Decoded query parameters; the last duplicate wins (HS-04).
class http_query {
 public:
  http_query() = default;
  explicit http_query(std::string_view encoded);  // "a=1&b=%20", with or without the leading '?'

  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::string_view operator[](std::string_view name) const noexcept {
    return find(name).value_or("");
  }
  bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
  auto begin() const noexcept { return values_.begin(); }
  auto end() const noexcept { return values_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// What middlewares attach to a request, one value of each type: a user, a web session (HD-14).
//
//   request.custom.set(user{"ann"});
//   if (const auto who = socket.request().custom.get<user>()) ... who->name ...
//
// Copies share the values, also with other threads: what is changed later needs a lock of yours.
class custom_fields {
 public:
  custom_fields() = default;

  // Replaces the value of this type in this copy.
  template <class T>
  void set(T what) {
    first_ = std::make_shared<const entry>(
        entry{&tag<T>, std::make_shared<T>(std::move(what)), std::move(first_)});
  }
  // The value; nullptr when there is none. It lives as long as somebody holds it.
  template <class T>
  std::shared_ptr<T> get() const {
    return std::static_pointer_cast<T>(find(&tag<T>));
  }
  bool empty() const noexcept { return !first_; }

 private:
  struct entry {
    const char* type;
    std::shared_ptr<void> what;
    std::shared_ptr<const entry> next;
  };
  // Not constant, so that no linker makes two of them one: the address is the type.
  template <class T>
  static inline char tag = 0;

  std::shared_ptr<void> find(const char* type) const;

  std::shared_ptr<const entry> first_;
};

struct peer_certificate;  // socketio/tls.hpp

struct http_request {
  std::string method;  // "GET"
  std::string target;  // as it came: "/socket.io/?EIO=4&transport=polling"
  std::string path;    // decoded, without the query: "/socket.io/"
  http_query query;
  http_headers headers;
  std::string body;            // filled before a route is called
  std::string remote_address;  // "127.0.0.1"; empty for a Unix-domain socket
  std::uint16_t remote_port = 0;
  unsigned version = 11;  // 10 or 11
  bool secure = false;    // TLS, with this server or with a trusted proxy
  // What the client has shown over TLS; nullptr: none. See tls_options::client.
  std::shared_ptr<const peer_certificate> client_certificate = {};
  bool upgrade = false;  // asks for `Upgrade: websocket`
  custom_fields custom;  // what your middlewares have attached
};

struct http_response {
  unsigned status = 200;
  http_headers headers;  // Content-Length, Connection and Date are added by the server
  std::string body;

  static http_response text(unsigned status, std::string body);
  static http_response json(unsigned status, std::string body);
  static http_response html(std::string body);
};

}  // namespace socketio
