import { z } from 'zod';

export const AssetName = z.string().max(100);
