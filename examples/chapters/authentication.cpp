// Authentication: a login by HTTP, a token or a cookie when a client joins, roles per namespace,
// the pages that may connect, and sessions that end.
#include "serve.hpp"

#include <coroutine>
#include <map>
#include <thread>

using namespace std::chrono_literals;

struct account {
  std::string name, role;
};

// [lookup]
// Who has this token? A database would take its time to say; here a thread does. The coroutine goes
// on there: the calls of a socket may be made on any thread.
class account_of {
 public:
  explicit account_of(std::string token) : token_(std::move(token)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    std::thread([this, waiting] {
      static const std::map<std::string, account> accounts = {{"ada's", {"ada", "admin"}},
                                                              {"bob's", {"bob", "user"}}};
      if (const auto found = accounts.find(token_); found != accounts.end()) found_ = found->second;
      waiting.resume();
    }).detach();
  }
  std::optional<account> await_resume() { return std::move(found_); }

 private:
  std::string token_;
  std::optional<account> found_;
};
// [/lookup]

// [cookie]
// The value of a cookie; empty when there is none.
std::string cookie_of(const socketio::handshake& from, std::string_view name) {
  std::string_view left = from.headers["cookie"];
  while (!left.empty()) {
    const std::string_view one = left.substr(0, left.find(';'));
    left.remove_prefix(std::min(left.size(), one.size() + 1));
    const std::size_t begin = std::min(one.size(), one.find_first_not_of(' '));
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(begin, equals - begin) == name)
      return std::string(one.substr(equals + 1));
  }
  return {};
}
// [/cookie]

// [middleware]
// The token of `auth`, or of a cookie. By value: a coroutine outlives the references it was given.
socketio::task<> authenticate(socketio::socket socket) {
  const socketio::handshake from = socket.handshake();
  const std::string* given = from.auth["token"].as_string();
  const std::string token = given ? *given : cookie_of(from, "token");
  const auto found = co_await account_of(token);
  if (!found)
    throw socketio::connect_error("who are you?", socketio::value::map({{"code", "NO_LOGIN"}}));
  socket.data()["name"] = found->name;
  socket.data()["role"] = found->role;
  socket.join("user " + found->name);
}
// [/middleware]

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  // [login]
  io.post("/login", [](const socketio::http_request& request) {
    if (request.body != "name=bob&password=1234")
      return socketio::http_response::text(401, "wrong name or password\n");
    auto response = socketio::http_response::text(200, "welcome\n");
    response.headers.add("Set-Cookie", "token=bob's; HttpOnly; Secure; SameSite=Lax; Path=/");
    return response;
  });
  // [/login]

  // [use]
  io.use(authenticate);
  io.on("who am i?", [](const socketio::socket& from) { return from.data()["name"]; });
  // [/use]

  // [roles]
  auto admin = io.of("/admin");
  admin.use(authenticate);  // each namespace asks for itself
  admin.use([](const socketio::socket& socket) {
    if (socket.data()["role"] != socketio::value("admin"))
      throw socketio::connect_error("not for you");
  });
  admin.on("log out", [&io](const socketio::socket&, std::string name) {
    io.in("user " + name).disconnect_sockets(true);
  });
  // [/roles]

  // [origin]
  // Browsers say which page opens a connection, and do not let the page lie. Programs may say
  // anything, and need not say anything.
  io.engine().allow_request = [](const socketio::http_request& request, auto decide) {
    const auto origin = request.headers.find("Origin");
    if (!origin || *origin == "https://app.example") return decide(std::nullopt);
    decide("another origin");
  };
  // [/origin]

  // [expiry]
  io.on_connection([&io](socketio::socket socket) {
    const bool brief = socket.handshake().auth.contains("brief");
    io.set_timeout(brief ? 20ms : 3'600'000ms, [socket] {
      socket.emit("expired");
      socket.disconnect(true);
    });
  });
  // [/expiry]

  return serve(io);
}
