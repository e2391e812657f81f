#pragma once

// The values that go into the store and come out of it, by topic.
#include "msg_server/store/account_records.h"
#include "msg_server/store/device_records.h"
#include "msg_server/store/file_records.h"
#include "msg_server/store/group_records.h"
#include "msg_server/store/message_records.h"
