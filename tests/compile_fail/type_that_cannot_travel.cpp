// A class that is neither an aggregate nor described is refused, and the message says what to do.
#include <socketio/server.hpp>

class account {
 public:
  explicit account(int start = 0) : balance_(start) {}
  int balance() const { return balance_; }

 private:
  int balance_;
};

void send(const socketio::socket& to, const account& mine) {
#ifdef MISUSE
  to.emit("account", mine);
#else
  to.emit("account", mine.balance());
#endif
}
