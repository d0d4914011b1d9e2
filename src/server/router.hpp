// The router is public; this file only keeps the includes of the floor alike.
#pragma once

#include "socketio/router.hpp"
