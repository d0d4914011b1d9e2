#include "server/admin/login.hpp"

#include "core/nsp.hpp"
#include "core/socket.hpp"
#include "server/admin/bcrypt.hpp"

#include <array>
#include <span>
#include <stdexcept>

namespace socketio::admin {
namespace {

constexpr const char* wrong = "invalid credentials";  // the page knows this text
constexpr const char* too_often = "too many attempts";
constexpr std::size_t session_id_bytes_max = 64;

basic_auth checked(basic_auth given) {
  if (given.username.empty())
    throw std::invalid_argument(
        "invalid `auth` option, please check the documentation: there is no user name");
  const int cost = bcrypt_cost(given.password);
  const std::string text = "the `password` field must be a valid bcrypt hash";
  if (cost == 0) throw std::invalid_argument(text);
  if (cost > bcrypt_cost_max)
    throw std::invalid_argument(text + " of a cost up to " + std::to_string(bcrypt_cost_max) +
                                ", and not of " + std::to_string(cost));
  return given;
}

}  // namespace

struct login::claim {
  socketio::socket from;
  next_fn next;
  std::string username, password, address;
};

login::login(basic_auth who, std::shared_ptr<session_store> store, const instrument_options& limits)
    : account_(checked(std::move(who))),
      store_(std::move(store)),
      failed_(limits.failed_logins_max),
      passwords_(account_.password, limits.logins_waiting_max) {}

void login::check(const socket& from, const next_fn& next) {
  const handshake of = from.handshake();
  claim who{from, next, {}, {}, of.address};
  const std::string* const name = of.auth["username"].as_string();
  const std::string* const password = of.auth["password"].as_string();
  if (name && password) {
    who.username = *name;
    who.password = *password;
  }
  const std::string* const id = of.auth["sessionId"].as_string();
  if (!id || id->empty() || id->size() > session_id_bytes_max)
    return check_password(std::move(who));
  store_->exists(*id, [of_login = weak_from_this(), who = std::move(who)](bool known) {
    if (known) return who.next();
    if (const auto still = of_login.lock()) still->check_password(who);
  });
}

// JS differs: @socket.io/admin-ui 0.5.1 hashes only when the name is right, which tells who knows
// how long it takes whether it was.
void login::check_password(claim who) {
  if (who.password.empty()) return who.next(wrong);
  if (!failed_.enter(who.address, clock::now())) return who.next(too_often);
  const bool named = same_text(who.username, account_.username);
  const next_fn next = who.next;
  std::string password = std::move(who.password);
  const auto told = [this, named, who = std::move(who)](bool matches) {
    if (!named || !matches) return who.next(wrong);
    failed_.forgive(who.address);
    let_in(who.from, who.next);
  };
  if (!passwords_.ask(std::move(password), told)) next(too_often);
}

// On the password thread.
//
// JS differs: @socket.io/admin-ui 0.5.1 sends the session before the CONNECT, and its page begins
// to listen with the CONNECT: it never hears of it, and asks for the password again when it is
// reloaded.
void login::let_in(const socket& from, const next_fn& next) {
  try {
    const std::string id = new_id();
    store_->save(id);
    from.impl()->shard()->post([from, next, id] {
      next();
      from.emit("session", id);
    });
  } catch (...) {  // of the store
    from.impl()->of().report(std::current_exception(), "session_store");
    next("internal error");
  }
}

std::string login::new_id() {
  std::array<std::byte, 16> bytes;
  random_.fill(bytes);
  std::string text;
  for (const std::byte one : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(one) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(one) & 15];
  }
  return text;
}

}  // namespace socketio::admin
