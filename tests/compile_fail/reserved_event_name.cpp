// The six names that Socket.IO keeps for itself cannot be declared (SK-08).
#include <socketio/server.hpp>

#ifdef MISUSE
inline constexpr socketio::event<"disconnect", std::string> bye;
#else
inline constexpr socketio::event<"goodbye", std::string> bye;
#endif

void send(const socketio::socket& to) { to.emit(bye, "see you"); }
