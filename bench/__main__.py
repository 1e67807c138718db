"""`make bench`: every claim in turn; exit status 1 when one does not hold."""

import asyncio
import sys

from bench import board, bookings, csv_export, encounters, fill, imports, reports, shift_list

CLAIMS = (csv_export, reports, shift_list, imports, bookings, encounters, fill, board)
held = [asyncio.run(claim.run(sys.stdout)) for claim in CLAIMS]
sys.exit(0 if all(held) else 1)
