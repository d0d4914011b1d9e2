// The six names that Socket.IO keeps for itself cannot be declared, and so not be emitted (CS-11).
#include <socketio/client.hpp>

#ifdef MISUSE
inline constexpr socketio::event<"disconnect", std::string> bye;
#else
inline constexpr socketio::event<"goodbye", std::string> bye;
#endif

void send(const socketio::client_socket& to) { to.emit(bye, "see you"); }
