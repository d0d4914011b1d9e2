// Who may join the namespace of the Admin UI: CONNECT carries the id of a session, or a name and a
// password. After a password the page is given an id (event `session`).
#pragma once

#include "net/random.hpp"
#include "server/admin/failed_logins.hpp"
#include "server/admin/password_thread.hpp"
#include "socketio/admin.hpp"

#include <memory>
#include <string>

namespace socketio::admin {

class login : public std::enable_shared_from_this<login> {
 public:
  // Throws std::invalid_argument (AU-02).
  login(basic_auth who, std::shared_ptr<session_store> store, const instrument_options& limits);

  void check(const socket& from, const next_fn& next);  // the middleware

 private:
  struct claim;  // a name and a password, and who says so
  void check_password(claim who);
  void let_in(const socket& from, const next_fn& next);
  std::string new_id();

  const basic_auth account_;
  const std::shared_ptr<session_store> store_;
  failed_logins failed_;
  net::system_random random_;  // of the password thread
  password_thread passwords_;  // last: its thread uses the rest
};

}  // namespace socketio::admin
